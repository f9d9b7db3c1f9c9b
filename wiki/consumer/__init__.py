"""Reads Space's public events into a small SQLite file, each exactly once: an example to copy and change.

Needs Python 3.11 and pika, nothing of Space. What a program of yours does with an event goes into `Store.handle`,
within its transaction. Run it as `python -m consumer` from the folder above. Settings come from the environment:

    CONSUMER_AMQP_URL   amqp://outside-NAME:PASSWORD@HOST/space, from whoever runs Space
    CONSUMER_QUEUE      outside.NAME
    CONSUMER_SPACE_URL  Space's address, to catch up over HTTP
    CONSUMER_STORE      the SQLite file (events.sqlite)
    CONSUMER_TYPES      which events, as the broker binds them
                        (blog.article.*,forum.topic.*,forum.post.*,events.event.*)
    CONSUMER_SINCE      where to begin at the very first start (1970-01-01T00:00:00Z: with everything)
"""
