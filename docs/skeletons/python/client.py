"""A client of ../../PROTOCOL.md, to be finished.

    python3 client.py HOST PORT DIR [COMMAND...]      such as: LIST 'DOWNLOAD notes.txt'

Without commands it reads them from the standard input, one a line. It runs as it is: it connects, reads the greeting,
refuses each command by itself, and logs out. Do the TODOs in their order. A TODO names the checks that pass after it.
You fill in functions; the rest can stay. ../README.md tells how to run the checks.
"""
import os, re, socket, sys

class Broken(Exception):
    """The server does not speak the protocol, or has left. The client can't go on."""

class Refused(Exception):
    """The command was not carried out. The session goes on."""

def printable(data):
    # TODO 6 (checks 3.4 4.6): Escape what a terminal would obey.
    return data.decode()

def read_header(replies):
    """The size of the body that follows."""
    # TODO 4 (checks 4.4 4.5 4.7 4.8 5.14 5.15 5.16 5.17 5.18 5.20 5.26): Raise Refused for ERR. Raise
    # Broken for an ERR after which the server leaves, for what is neither OK nor ERR, and at the end of the stream.
    return int(replies.readline().split()[1])

def parts(replies, left):
    """The body, in parts: exactly so many bytes."""
    # TODO 3 (checks 3.3 5.4 5.6 5.7 5.10 5.11 5.12): One read may bring
    # less than all. Raise Broken if the connection ends before the body does.
    yield replies.read1(left)

def read_text(replies):
    return b"".join(parts(replies, read_header(replies)))

def is_name(name):
    """Can a file be stored under this name? TODO 4: Not if it leads out of the directory."""
    return True

def receive_file(replies, path):
    """Writes the body that follows into a file."""
    # TODO 2 (checks 4.1 4.2 4.3 4.9 5.1 5.2 5.3 5.5 5.8 5.9 5.13 5.24 6.1 8.2 8.4): Read the header
    # first: a refusal makes no file.
    raise Refused("this client can't store files yet")

def store(replies, directory, name):
    # TODO 5 (checks 5.19 5.22 5.23 5.25): The file appears under its name when all of it has come, or not at all.
    receive_file(replies, os.path.join(directory, name))

def carry_out(connection, replies, directory, command):
    # TODO 1 (checks 1.2 2.1 3.1 3.2 3.5 6.2 6.3 7.1 8.6 8.7): Send the command and an LF. For
    # DOWNLOAD call store(), if is_name() allows the name. For the others print the text that comes.
    raise Refused("this client knows no commands yet")

def converse(connection, directory, commands):
    """Carries out the commands. Returns True if all were done."""
    done = True
    replies = connection.makefile("rb")  # keeps what has arrived behind the end of a reply
    read_text(replies)  # the greeting
    for command in commands:
        command = command.rstrip("\n")
        if command.upper() == "LOGOUT":
            break
        try:
            carry_out(connection, replies, directory, command)
        except Refused as refusal:
            print("client: " + str(refusal), file=sys.stderr)
            done = False
    connection.sendall(b"LOGOUT\n")
    read_text(replies)  # the goodbye
    replies.read(1)  # the end of the connection
    return done

def connect(host, port):
    # TODO 6: A time-out for a server that says nothing.
    return socket.create_connection((host, port))

def main():
    host, port, directory, *commands = sys.argv[1:]
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        with connect(host, int(port)) as connection:
            return 0 if converse(connection, directory, commands or sys.stdin) else 1
    except (OSError, Broken, Refused) as error:
        print("client: %s" % error, file=sys.stderr)
        return 1

sys.exit(main())
