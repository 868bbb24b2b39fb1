"""Reviewer: find out why a language model fails, prove it with a frozen eval set, compare variants blind."""

__version__ = "0.1.0"
