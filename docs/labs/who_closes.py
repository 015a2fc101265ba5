"""A server for one client, without SO_REUSEADDR:   python3 who_closes.py PORT server|client [reuse]
The word says who closes the connection first. With `reuse` it sets SO_REUSEADDR before bind().
"""
import socket, sys

port, first = int(sys.argv[1]), sys.argv[2]
listener = socket.socket()
if "reuse" in sys.argv:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
print("listening on 127.0.0.1:%d" % port, flush=True)
connection, _ = listener.accept()
listener.close()  # one client is enough
connection.sendall(b"OK 0\n")
if first == "client":
    while connection.recv(4096):  # until the client has ended its sending side
        pass
connection.close()
