"""What if: a planned comparison pooled from any of its studies and in every usual way.

`explored` computes, with the engine's batch solver, what each subset of the studies gives by each
model, interval and prior, and among 1,000 people at each printed baseline; `page` shows
it as a page that looks these results up.  Nothing is computed in the browser.
"""

from livingreview_explorer.explored import LARGEST, Question, explored

__all__ = ["LARGEST", "Question", "explored"]
