"""Capabilities that stand alone: none imports another, and each can be taken out."""
