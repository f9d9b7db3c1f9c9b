"""The accounts of Space's components at RabbitMQ, and of outside programs (`outside-consumer.sh`)."""
