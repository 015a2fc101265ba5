"""The mistake: the program ends when its third client comes.

    python3 third.py DIR PORT
"""
import os, threading
import right

CLIENTS, LOCK = [], threading.Lock()


def session(connection):
    with LOCK:
        CLIENTS.append(connection)
        if len(CLIENTS) == 3:
            print("IndexError: list index out of range", flush=True)
            os._exit(1)
    with connection:
        right.converse(connection, right.answer)
        right.close(connection)


right.serve(session)
