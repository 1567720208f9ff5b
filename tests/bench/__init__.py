"""How fast the platform is: ``make bench`` measures it and writes ``results/bench``. Never a timed test.

Three questions, each with a file that asks it:

* `alternatives`: how long does an hour take beside the same core model written in other ways? The core model stands in
  `core`; `mesa_plain`, `mesa_clever`, `starsim_arrays` and `c_loop` write it, and `test_agreement` holds them together.
* `growth`: how do time and memory grow with persons, predators, visits, lanes, seeds, hours, backlog and false reports?
* `runs`, `studies`, `hour`, `prices`: what do whole runs, studies, the parts of an hour and step loops take?

`timing` has what measures, `pictures` what draws, `history` what was measured before.
"""
