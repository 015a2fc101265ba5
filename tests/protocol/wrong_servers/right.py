"""A right server, written from docs/PROTOCOL.md alone: the wrong ones beside it change one thing of it.

    python3 right.py DIR PORT
"""
import os, socket, stat, sys, threading

DIR = os.fsencode(sys.argv[1])


def is_name(name):
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return False
    bad = any(c in "/\\" or ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    return 1 <= len(name) <= 255 and text[0] not in ". " and text[-1] != " " and not bad


def is_served(name):
    path = os.path.join(DIR, name)
    return is_name(name) and os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode)


def ok(body):
    return b"OK %d\n" % len(body) + body


GOODBYE = ok(b"Goodbye.\n")


def without_telnet(connection, data, state):
    """The text in these bytes; what Telnet asks is answered. `state` holds the sequence that has begun."""
    text = bytearray()
    for byte in data:
        state.append(byte)
        if state[0] != 255:
            text.append(state.pop())
        elif state[1:2] == b"\xfa":
            if bytes(state[-2:]) == b"\xff\xf0":
                state.clear()
            elif bytes(state[-2:]) == b"\xff\xff":
                state[-1] = 0
        elif len(state) == 3 or (len(state) == 2 and not 251 <= state[1] <= 254):
            if bytes(state) == b"\xff\xfd\x06":
                connection.sendall(b"\xff\xfc\x06")
            state.clear()
    return bytes(text)


def answer(line):
    try:
        line.decode()
    except UnicodeDecodeError:
        return b"ERR NOT_TEXT send UTF-8\n"
    verb, _, argument = line.removesuffix(b"\r").strip(b" ").partition(b" ")
    verb, argument = verb.upper(), argument.lstrip(b" ")
    if verb not in (b"LIST", b"DOWNLOAD", b"HELP", b"LOGOUT"):
        return b"ERR UNKNOWN_COMMAND send HELP\n"
    if (verb == b"DOWNLOAD") != bool(argument):
        return b"ERR BAD_ARGUMENTS DOWNLOAD takes a name, the others nothing\n"
    if verb == b"LIST":
        names = sorted(name for name in os.listdir(DIR) if is_served(name))
        return ok(b"".join(b"%d %s\n" % (os.path.getsize(os.path.join(DIR, name)), name) for name in names))
    if verb == b"HELP":
        return ok(b"LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n")
    if verb == b"LOGOUT":
        return GOODBYE
    if not is_name(argument):
        return b"ERR BAD_FILENAME no file has this name\n"
    if not is_served(argument):
        return b"ERR NOT_FOUND there is no such file\n"
    with open(os.path.join(DIR, argument), "rb") as file:
        return ok(file.read())


def converse(connection, answer):
    connection.sendall(ok(b"Welcome. Send HELP for the commands.\n"))
    text, state, received = b"", bytearray(), 0
    while True:
        while b"\n" not in text:
            if received >= 1024:
                return connection.sendall(b"ERR LINE_TOO_LONG end it with a newline\n")
            data = connection.recv(1024 - received)
            if not data:
                return connection.sendall(b"ERR INCOMPLETE_LINE end it with a newline\n") if text else None
            received += len(data)
            text += without_telnet(connection, data, state)
        line, _, text = text.partition(b"\n")
        received = len(text)
        reply = answer(line)
        connection.sendall(reply)
        if reply == GOODBYE:
            return None


def close(connection):
    """Ends the sending side, and takes what still comes: to close on unread input would be a reset."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(1)
    while connection.recv(65536):
        pass


def session(connection):
    with connection:
        try:
            converse(connection, answer)
            close(connection)
        except OSError:
            pass  # The client has gone.


def serve(session):
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=session, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    serve(session)
