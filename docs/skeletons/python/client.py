"""A client of ../../PROTOCOL.md, to be finished.

    python3 client.py HOST PORT DIR [COMMAND...]      such as: LIST 'DOWNLOAD notes.txt'

Without commands it reads them from the standard input, one a line. It runs as it is: it connects, reads the greeting,
and refuses each command by itself. Do the TODOs in their order. You fill in functions; the rest can stay.
"""
import socket, sys

class Broken(Exception):
    """The server does not speak the protocol, or has left. The client can't go on."""

class Refused(Exception):
    """The server answered ERR. The session goes on."""

def read_header(replies):
    """The size of the body that follows. TODO 4: raise Refused for ERR, and Broken for what is neither OK nor ERR."""
    return int(replies.readline().split()[1])

def parts(replies, left):
    """The body, in parts. TODO 3: exactly so many bytes; one read may bring less. Raise Broken if they do not come."""
    yield replies.read1(left)

def read_text(replies):
    return b"".join(parts(replies, read_header(replies)))

def store(replies, directory, name):
    """TODO 2: write the body into the file. TODO 5: the file appears when all of it has come, or not at all."""
    raise Refused("this client can't store files yet")

def carry_out(connection, replies, directory, command):
    # TODO 1: send the command and an LF. Print the text that comes: for LIST and HELP.
    # TODO 2: for DOWNLOAD, store the file. TODO 4: which names would lead out of the directory?
    # TODO 6: what a terminal would obey must not be printed as it came.
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

def main():
    host, port, directory, *commands = sys.argv[1:]
    try:
        with socket.create_connection((host, int(port))) as connection:  # TODO 6: a time-out
            return 0 if converse(connection, directory, commands or sys.stdin) else 1
    except (OSError, Broken) as error:
        print("client: %s" % error, file=sys.stderr)
        return 1

sys.exit(main())
