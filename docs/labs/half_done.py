"""A thread fails while it holds a lock: what stays behind?   python3 half_done.py"""
import threading

lock = threading.Lock()
free, taken = 8, 0  # the rule: free + taken is 8 whenever nobody holds the lock

def take_a_place(client):
    global free, taken
    with lock:
        free -= 1
        number = int(client)  # fails if client is no number
        taken += 1
        print("client", number, "has a place")

for client in ["1", "two", "3"]:
    thread = threading.Thread(target=take_a_place, args=(client,))
    thread.start()
    thread.join()
print("is the lock held?", lock.locked())
print("free + taken =", free + taken)
