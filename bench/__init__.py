"""Measuring and picturing the app from outside: `make bench`, `make screenshots`."""
