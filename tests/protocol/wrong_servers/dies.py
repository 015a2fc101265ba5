"""The mistake: no session catches its errors, so a client that has gone ends the whole program.

    python3 dies.py DIR PORT
"""
import os, traceback
import right


def session(connection):
    with connection:
        try:
            right.converse(connection, right.answer)
            right.close(connection)
        except TimeoutError:
            pass  # The client stays. That is no mistake.
        except OSError:
            traceback.print_exc()
            os._exit(1)


right.serve(session)
