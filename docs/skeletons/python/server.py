"""A server of ../../PROTOCOL.md, to be finished:   python3 server.py DIR PORT
It runs as it is: it greets each client, and it refuses each command. Do the TODOs in their order. A TODO names the
checks that pass after it. You change a few functions each time. ../README.md tells how to run the checks.
"""
import contextlib, os, socket, sys

class Refusal(Exception):
    """Refusal(code, message): the server answers ERR."""

class Session:
    def __init__(self, connection):
        self.connection = connection
        self.received = b""  # the bytes that have arrived, and that nobody has looked at yet

def send(connection, data):  # TODO 6: cut a client that takes nothing for a long time
    connection.sendall(data)

def send_ok(connection, body):
    send(connection, b"OK %d\n" % len(body) + body)

def send_err(connection, code, message):
    send(connection, ("ERR %s %s\n" % (code, message)).encode())

def is_name(name):  # TODO 4: which names can no file have? See "What is a file".
    return not name.startswith(b".")

def list_files(directory):  # TODO 1: the list, as bytes. A line for each file: size, space, name, LF.
    return b""

def open_file(directory, name):  # TODO 2: the file, open for reading bytes. Is there none? Then NOT_FOUND.
    raise Refusal("UNKNOWN_COMMAND", "this server can't send files yet")

def answer(connection, directory, verb, argument):  # answers one command; returns True if the session goes on
    # TODO 1 (checks 1.3 2.1 2.2 2.15 3.1 3.2 3.3 3.4 3.5 3.6 3.7 6.2 7.1 8.1 8.2 8.3
    # 8.4 3.8): Write list_files(). Answer LIST, HELP and LOGOUT.
    # TODO 2 (checks 4.1 4.2 4.3 4.9 4.13 4.14 5.1 5.2 5.3 5.4 5.5 5.6 5.7 5.8 5.9 6.1 4.15 5.15): Write open_file(). Answer
    # DOWNLOAD: first OK and the size, then exactly so many bytes of the file.
    raise Refusal("UNKNOWN_COMMAND", "this server knows no commands yet")

def receive(session):  # False at the end of the stream. TODO 6: wait no longer than the idle time-out.
    session.received = session.connection.recv(4096)
    return session.received != b""

def text_of(session, byte):  # TODO 6: what this byte adds to the line. A byte of Telnet adds nothing: b"".
    return byte

def read_line(session):  # the next line without its line end; None at the end of the stream
    # TODO 3 (checks 2.3 2.4 2.5 2.6 2.7 2.8 2.16 2.18 4.4 5.10 5.11 6.4 7.2): One read is not one line. Take byte after
    # byte out of received, call receive() when it is empty, stop at LF.
    return session.received.rstrip(b"\n") if receive(session) else None

def parse(line):
    # TODO 4 (checks 2.9 2.10 2.12 4.5 4.6 4.7 4.8 4.10 4.11 4.12 6.5 6.7 7.3 3.9): Drop spaces. Refuse lines that are not
    # UTF-8, wrong arguments, and names that no file can have.
    verb, _, argument = line.partition(b" ")
    return verb.upper(), argument

def converse(session, directory):
    send_ok(session.connection, b"Welcome. Send HELP for the commands.\n")
    while True:
        try:
            line = read_line(session)
            if line is None or not answer(session.connection, directory, *parse(line)):
                return
        except Refusal as refusal:
            send_err(session.connection, *refusal.args)
            if refusal.args[0] in ("LINE_TOO_LONG", "INCOMPLETE_LINE", "IDLE_TIMEOUT"):  # they end the session
                return

def close(connection):  # TODO 6: end the sending side, then read what still comes. See "Closing".
    connection.close()

def serve(connection, directory):
    # TODO 6 (checks 1.7 1.8 1.9 2.17 2.19 2.20 7.4 8.5 8.6): see ../README.md.
    with connection, contextlib.suppress(OSError):  # a client that vanishes ends its own session, and nothing else
        converse(Session(connection), directory)
        close(connection)

def start(connection, directory):
    # TODO 5 (checks 1.5 1.6 5.13 5.14 6.8 8.7 6.9): A thread for each client.
    serve(connection, directory)

def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    while True:
        connection, _ = listener.accept()
        start(connection, os.fsencode(sys.argv[1]))

main()
