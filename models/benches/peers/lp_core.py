"""Solves a linear program given on standard input with highspy: prints CPU seconds of build and solve, and the optimum.

The input is little-endian: columns, rows, terms (u64), constant (f64), then by column costs and upper bounds, by row bounds
(f64), starts of the rows, columns of the terms (i32), factors (f64).
"""

import sys
import time

try:
    import highspy
    import numpy
except ImportError:
    print("absent")
    sys.exit(0)

data = sys.stdin.buffer.read()
columns, rows, terms = (int(n) for n in numpy.frombuffer(data, "<u8", 3))
place = 24


def take(kind, count):
    """The next numbers of the input."""
    global place
    found = numpy.frombuffer(data, kind, count, place)
    place += found.nbytes
    return found


constant = float(take("<f8", 1)[0])
costs, most = take("<f8", columns), take("<f8", columns)
least, right = take("<f8", rows), take("<f8", rows)
starts, numbers = take("<i4", rows + 1), take("<i4", terms)
factors = take("<f8", terms)

begin = time.process_time()
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.setOptionValue("threads", 1)
solver.setOptionValue("random_seed", 1)
continuous = numpy.zeros(columns, "<i4")
lower = numpy.zeros(columns)
row_wise, minimise = 2, 1
solver.passModel(
    columns, rows, terms, row_wise, minimise, constant, costs, lower, most, least, right, starts, numbers, factors, continuous
)
solver.run()
seconds = time.process_time() - begin
print(seconds, repr(solver.getObjectiveValue()), solver.modelStatusToString(solver.getModelStatus()))
