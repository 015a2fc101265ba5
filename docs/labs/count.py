"""Two threads add 1 to one variable, each 200 000 times.   python3 count.py   or   python3 count.py --lock"""
import sys, threading

TIMES = 200_000
count = 0
lock = threading.Lock()

def one_more(number):
    return number + 1

def without_lock():
    global count
    for _ in range(TIMES):
        count = one_more(count)

def with_lock():
    global count
    for _ in range(TIMES):
        with lock:
            count = one_more(count)

work = with_lock if "--lock" in sys.argv else without_lock
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(count)
