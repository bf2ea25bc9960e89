"""What all tests need."""

import signal

# A shell that starts something in the background lets it ignore Ctrl-C, and whatever that starts inherits it.
# Tests press Ctrl-C in programs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
