// Tasks shared among the threads of torch's own OpenMP runtime.
#pragma once
#include "interface.h"
#include "vectors.h"

namespace {

template <class Task>
struct Queue {
  const Task* task;
  Index next, count;

  static void work(void* data) {
    auto* queue = static_cast<Queue*>(data);
    for (;;) {
      Index task = __atomic_fetch_add(&queue->next, 1, __ATOMIC_RELAXED);
      if (task >= queue->count) return;
      (*queue->task)(task);
    }
  }
};

// Calls task(0) ... task(count - 1); however many threads come, all is done on return.
template <class Task>
void run(const Threads& threads, Index count, const Task& task) {
  Queue<Task> queue{&task, 0, count};
  Index team = threads.count < count ? threads.count : count;
  if (team < 2)
    Queue<Task>::work(&queue);
  else
    threads.team(Queue<Task>::work, &queue, unsigned(team), 0);
}

// How finely 36 products are cut further: about 4 tasks a thread, so that none waits long.
inline Index count_groups(const Threads& threads, Index pairs) {
  Index groups = (4 * threads.count + 35) / 36;
  return groups < pairs ? groups : pairs;
}

}  // namespace
