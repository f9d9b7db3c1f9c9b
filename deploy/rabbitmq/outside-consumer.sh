#!/bin/sh
# Creates an account on the broker for an outside program. It may read public events, and nothing else.
#
#   outside-consumer.sh NAME [EVENT_TYPES]      create the account, or update its permissions; a new password is shown once
#   outside-consumer.sh --remove NAME           delete the account; its queues are deleted after $EXPIRES_DAYS days
#
# NAME consists of a-z, 0-9 and -. The user is `outside-NAME`; its queues are named `outside.NAME` or `outside.NAME.…`.
# EVENT_TYPES is a regular expression for the routing keys that it may bind (default: all).
# Environment: RABBITMQCTL (rabbitmqctl), VHOST (space), EXPIRES_DAYS (30), MAX_BYTES (104857600), and PASSWORD, to create the account
# with its old password after the broker lost its data.
set -eu

ctl() {
    "${RABBITMQCTL:-rabbitmqctl}" --quiet "$@"
}
vhost="${VHOST:-space}"

usage() {
    echo "usage: outside-consumer.sh [--remove] NAME [EVENT_TYPES]" >&2
    exit 2
}

remove=""
if [ "${1:-}" = "--remove" ]; then
    remove=yes
    shift
fi
name="${1:-}"
types="${2:-}"
case "$name" in
    "" | *[!a-z0-9-]*) usage ;;
esac
user="outside-$name"

if [ -n "$remove" ]; then
    ctl delete_user "$user"
    exit 0
fi

password=""
if ! ctl list_users --no-table-headers </dev/null | cut -f 1 | grep -qx "$user"; then
    password="${PASSWORD:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}"
    printf '%s' "$password" | ctl add_user "$user"
fi

# To declare, and to bind or publish to: what bears its own name. To read and bind from: that, and the public exchanges.
# `<service>.inside`, `space.requests`, the system's queues and the default exchange match none of these.
own="outside\\.$name(\\..*)?"
ctl set_permissions --vhost "$vhost" "$user" "^$own\$" "^$own\$" "^($own|[a-z]+\\.events)\$" </dev/null
ctl clear_topic_permissions --vhost "$vhost" "$user" </dev/null
if [ -n "$types" ]; then
    for service in people blog forum events notify search; do
        ctl set_topic_permissions --vhost "$vhost" "$user" "$service.events" '^$' "$types" </dev/null
    done
fi
ctl set_user_limits "$user" '{"max-connections": 5, "max-channels": 20}' </dev/null

# A queue without consumers must not fill the disk, and is deleted in the end. Its program can catch up over HTTP.
expires=$((${EXPIRES_DAYS:-30} * 24 * 60 * 60 * 1000))
ctl set_operator_policy --vhost "$vhost" --apply-to queues outside '^outside\.' \
    "{\"expires\": $expires, \"max-length-bytes\": ${MAX_BYTES:-104857600}}" </dev/null

echo "user: $user"
[ -z "$password" ] || echo "password: $password"
echo "queue: outside.$name"
