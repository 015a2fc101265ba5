"""The mistake: it takes something for each download and never gives it back, until nothing is left.

    python3 keeps.py DIR PORT
"""
import right

LEFT = 20
left = LEFT


def answer(line):
    global left
    if line.startswith(b"DOWNLOAD"):
        if left == 0:
            return b"ERR READ_FAILED there are no more buffers\n"
        left -= 1
    return right.answer(line)


def session(connection):
    with connection:
        try:
            right.converse(connection, answer)
            right.close(connection)
        except OSError:
            pass  # The client has gone.


right.serve(session)
