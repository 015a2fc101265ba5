"""A server of ../../PROTOCOL.md, to be finished:   python3 server.py DIR PORT

It runs as it is: it greets each client, and it refuses each command. Do the TODOs in their order. A TODO names the
checks that pass after it. You change one or two functions each time. ../README.md tells how to run the checks.
"""
import contextlib, os, socket, sys

class Refusal(Exception):
    """Refusal(code, message): the server answers ERR."""

class Session:  # of one client
    def __init__(self, connection):
        self.connection = connection
        self.received = b""  # the bytes that have arrived, and that nobody has looked at yet

def send(connection, data):  # TODO 6: cut a client that takes nothing for a long time
    connection.sendall(data)

def send_ok(connection, body):
    send(connection, b"OK %d\n" % len(body) + body)

def send_err(connection, code, message):
    send(connection, ("ERR %s %s\n" % (code, message)).encode())

def is_name(name):  # TODO 4 (4.7 4.8): which names can no file have? See "What is a file".
    return not name.startswith(b".")

def list_files(directory):  # TODO 1 (1.3): the list, as bytes. A line for each file: size, space, name, LF.
    return b""

def open_file(directory, name):  # TODO 2 (4.1): the file, open for reading bytes. Is it missing? Then NOT_FOUND.
    raise Refusal("UNKNOWN_COMMAND", "this server can't send files yet")

def answer(connection, directory, verb, argument):
    """Answers one command. Returns True if the session goes on after it."""
    # TODO 1 (2.1): answer LIST, HELP and LOGOUT.
    # TODO 2: answer DOWNLOAD: open_file(), then OK and the size, then exactly so many bytes of the file.
    raise Refusal("UNKNOWN_COMMAND", "this server knows no commands yet")

def receive(session):
    """Waits for bytes of the client. Returns False at the end of the stream."""
    # TODO 6: wait no longer than the idle time-out (IDLE_TIMEOUT).
    session.received = session.connection.recv(4096)
    return session.received != b""

def text_of(session, byte):  # TODO 6 (2.19 2.20): what this byte adds to the line. A byte of Telnet adds nothing: b"".
    return byte

def read_line(session):
    """The next line without its line end; None at the end of the stream."""
    # TODO 3 (2.3): this takes one read for one line, and that is wrong. Take byte after byte out of session.received;
    # call receive() when it is empty; add text_of(byte) to the line; stop at LF; count the bytes.
    return session.received.rstrip(b"\n") if receive(session) else None

def parse(line):  # TODO 4 (2.9): drop spaces; refuse what is not UTF-8, and a wrong number of arguments
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

def close(connection):  # TODO 6 (7.4): end the sending side, then read what still comes. See "Closing".
    connection.close()

def serve(connection, directory):  # TODO 6 (1.7): at most 64 sessions. The next client gets SERVER_FULL.
    with connection, contextlib.suppress(OSError):  # a client that vanishes ends its own session, and nothing else
        converse(Session(connection), directory)
        close(connection)

def start(connection, directory):  # TODO 5 (1.5): a thread for each client
    serve(connection, directory)

def main():  # TODO 6: accept() fails when no descriptor is left (ulimit -n 20). The server must live on.
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    while True:
        connection, _ = listener.accept()
        start(connection, os.fsencode(sys.argv[1]))

main()
