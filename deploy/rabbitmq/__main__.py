"""Print RabbitMQ's definitions of the components' accounts, for `rabbitmqctl import_definitions` or `load_definitions`.

Names and passwords come from each component's URL in the environment: `SPACE_FORUM_BUS_URL`, …, and those of the
gateway and of the operator, such as `amqps://forum:PASSWORD@broker/space`. The user must have the component's name.
"""

import json
import os
import sys
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from deploy.rabbitmq.accounts import COMPONENTS, definitions


def main(environment: Mapping[str, str]) -> int:
    passwords, hosts = {}, set()
    for component in COMPONENTS:
        name = f"SPACE_{component.upper()}_BUS_URL"
        url = urlsplit(environment.get(name, ""))
        if url.username != component or not url.password:
            print(f"{name} must be amqps://{component}:PASSWORD@HOST/VHOST", file=sys.stderr)
            return 1
        passwords[component] = unquote(url.password)
        hosts.add(unquote(url.path[1:]) or "/")
    if len(hosts) > 1:
        print("The URLs name several virtual hosts; it must be one.", file=sys.stderr)
        return 1
    print(json.dumps(definitions(passwords, hosts.pop()), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
