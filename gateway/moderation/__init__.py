"""Reports, the moderators' queue, decisions and appeals, the public log, and the code of conduct."""
