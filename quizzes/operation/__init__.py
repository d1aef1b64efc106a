"""What whoever runs the app sees of it: lines in the log, metrics, faults in Sentry. It counts and tells; it decides nothing."""
