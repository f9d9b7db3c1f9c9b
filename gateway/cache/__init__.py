"""Keeps the pages that strangers get, in front of Flask, for as long as they are exactly right."""
