"""A small server that counts letters, where the protocol counts bytes:   python3 counts_letters.py DIR PORT
It serves texts to one client after the other, and knows LIST, DOWNLOAD and LOGOUT in capitals.
"""
import os, socket, sys

directory, port = sys.argv[1], int(sys.argv[2])

def ok(text):
    return "OK %d\n%s" % (len(text), text)  # the mistake: len() of a str counts letters

def answer(line):
    verb, _, name = line.partition(" ")
    names = sorted(os.listdir(directory))
    if verb == "LOGOUT":
        return ok("Goodbye.\n")
    if verb == "LIST":
        return ok("".join("%d %s\n" % (os.path.getsize(os.path.join(directory, name)), name) for name in names))
    if verb != "DOWNLOAD" or name not in names:
        return "ERR NOT_FOUND this server sends the files of its directory, and nothing else\n"
    with open(os.path.join(directory, name), encoding="utf-8", newline="") as file:
        return ok(file.read())

listener = socket.create_server(("127.0.0.1", port))
print("listening on 127.0.0.1:%d" % port, flush=True)
while True:
    connection, _ = listener.accept()
    with connection, connection.makefile("rw", encoding="utf-8", newline="\n") as stream:
        stream.write(ok("Welcome.\n"))
        stream.flush()
        for line in stream:
            stream.write(answer(line.rstrip("\r\n")))
            stream.flush()
            if line.rstrip("\r\n") == "LOGOUT":
                break
