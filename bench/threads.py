"""Threads that hand work to each other, and threads that compute side by side."""
import queue
import threading


def run():
    tasks, done = queue.Queue(), queue.Queue()

    def work():
        while (n := tasks.get()) is not None:
            done.put(sum(range(n)))
    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for n in range(1500):
        tasks.put(n % 100)
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
    return sum(done.get() for _ in range(1500))
