"""What threads take, and what they bring:   python3 threads.py memory COUNT|speed
`memory` starts COUNT threads that wait, and asks Linux how much more the process takes. `speed` does each of three jobs
twice: first one after the other, then in two threads at the same time.
"""
import hashlib, sys, threading, time

STEPS = 10_000_000  # a loop of so many takes some tenths of a second
DATA = b"x" * 100_000_000  # to make its checksum takes about a tenth of a second

def taken():  # the process's addresses and its memory, in KiB
    with open("/proc/self/status") as status:
        values = dict(line.split(":", 1) for line in status)
    return [int(values[name].split()[0]) for name in ("VmSize", "VmRSS")]

def memory(count):
    go_on, before = threading.Event(), taken()
    threads = [threading.Thread(target=go_on.wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    addresses, used = [now - then for now, then in zip(taken(), before)]
    go_on.set()
    print("addresses  %d KiB for each of %d threads" % (addresses / count, count))
    print("memory     %d KiB for each of %d threads" % (used / count, count))

def wait():
    time.sleep(1)

def loop():  # Python's own work
    for _ in range(STEPS):
        pass

def checksum():  # work of a library in C
    for _ in range(5):
        hashlib.sha256(DATA).digest()

def seconds(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin

def twice(job):
    job()
    job()

def in_two_threads(job):
    threads = [threading.Thread(target=job) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def speed():
    for job in (wait, loop, checksum):
        one, two = seconds(lambda: twice(job)), seconds(lambda: in_two_threads(job))
        print("%-10s %.1f s one after the other, %.1f s in two threads: %.1f times as fast" % (job.__name__, one, two, one / two))

if sys.argv[1] == "memory":
    memory(int(sys.argv[2]))
else:
    speed()
