"""The AMQP transport: calls and events over RabbitMQ."""
