"""The search engine on Elasticsearch, for deployments of several processes: official client 8, servers 8 and 9.

Its modules import the client; nothing else does, so that the embedded engine needs none.
"""
