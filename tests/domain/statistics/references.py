"""Answers and figures that others published, each with the place where it stands."""

from __future__ import annotations

#: LSAT section 6: 1,000 people on five items, as patterns with how often each came.
#: Bock & Lieberman 1970, Psychometrika 35:179; as listed by R's ltm (data LSAT, factor.scores) and mirt (data LSAT6).
LSAT6 = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4,
    "01000": 1, "01001": 8, "01010": 0, "01011": 16, "01100": 0, "01101": 3, "01110": 2, "01111": 15,
    "10000": 10, "10001": 29, "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15, "10111": 80,
    "11000": 16, "11001": 56, "11010": 21, "11011": 173, "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip

#: What mirt 1.45.6 prints for `itemstats(expand.table(LSAT6))`: philchalmers.github.io/mirt, reference page LSAT6.
LSAT6_OVERALL = {"n": 1000, "mean": 3.819, "sd": 1.035, "alpha": 0.295, "sem": 0.869}
#: mean, sd, total.r, total.r_if_rm, alpha_if_rm of each item, from the same page.
LSAT6_ITEMS = [
    (0.924, 0.265, 0.362, 0.113, 0.275),
    (0.709, 0.454, 0.567, 0.153, 0.238),
    (0.553, 0.497, 0.618, 0.173, 0.217),
    (0.763, 0.425, 0.534, 0.144, 0.246),
    (0.870, 0.336, 0.435, 0.122, 0.266),
]

#: What ltm prints for `summary(rasch(LSAT))`: difficulty and standard error of each item, then the common slope and the log likelihood.
#: Difficulties, slope and likelihood: Rizopoulos 2006, Journal of Statistical Software 17(5), pages 10 and 11; mirt's page LSAT6 has the same
#: slope (.755) and likelihood. Standard errors: ltm's output as R. Ziedzor prints it in "Bayesian IRT" (29 April 2020).
LSAT6_RASCH = [(-3.6153, 0.3266), (-1.3224, 0.1422), (-0.3176, 0.0977), (-1.7301, 0.1691), (-2.7802, 0.2510)]
LSAT6_SLOPE, LSAT6_SLOPE_ERROR, LSAT6_LOG_LIKELIHOOD = 0.7551, 0.0694, -2466.938

#: Moodle's own test of its calculator: 22 attempts, the marks of 13 questions; the first has 8 marks, the others one.
#: moodle/moodle, mod/quiz/report/statistics/tests: fixtures/mdl_question_states.csv and statistics_test.php (expected figures from its stats.xls).
MOODLE_SLOTS = (8, 9, 10, 11, 12, 19, 20, 17, 18, 14, 15, 16, 13)
MOODLE_MARKS = """
5.5 .3 .9 1 .3 0 1 1 0 0 0 1 1
1 .9 .9 .3 .3 0 1 0 1 0 0 1 1
2.5 1 .9 .3 1 1 1 1 1 0 1 1 0
4 .3 .9 1 .3 0 1 1 0 0 0 0 0
3 .9 .3 .9 1 1 0 1 1 1 0 0 0
4.5 .9 1 1 .9 0 0 0 0 1 1 1 0
3 .3 .3 .3 .3 1 1 1 1 0 1 1 1
6 .9 .9 1 .3 0 1 1 0 1 1 1 0
.5 .9 1 .9 .3 0 1 1 1 1 1 0 0
5.5 .9 1 .9 .3 0 0 1 0 1 0 0 1
2.5 .9 1 1 .9 0 1 1 0 1 0 0 0
4 .9 .3 .9 1 0 1 1 1 1 1 1 0
4 .9 .3 .3 1 1 0 0 1 1 1 0 1
3 1 1 .3 1 1 0 1 1 1 0 1 0
1 1 .9 .3 .3 0 0 0 0 0 1 0 1
1 .3 .3 .3 .9 0 1 0 0 0 0 1 0
1.5 1 .3 .9 1 0 0 1 0 1 0 1 1
4 .9 1 .9 1 0 0 0 1 1 1 1 0
2 .9 .9 .3 .9 0 0 0 0 1 0 0 0
1 1 .3 .3 .3 0 0 1 0 1 1 0 0
6 .9 1 1 .9 1 1 0 0 0 0 1 0
7 .9 .3 .3 .3 0 0 1 1 0 1 1 1
"""
MOODLE_TOTALS = (
    12, 7.4, 11.7, 8.5, 10.1, 11.3, 11.2, 14.1, 8.6, 11.6, 9.3, 13.1, 11.5, 11.3, 5.5, 4.8, 8.7, 11.8, 6, 5.9, 12.8, 13.8,
)  # fmt: skip
#: By slot: facility %, SD × 1000, effective weight, discrimination index, discriminative efficiency.
MOODLE_EXPECTED = {
    8: (41.19318182, 1912.733589, 26.58464457, 25.88327077, 27.23492723),
    9: (81.36363636, 251.2738111, 3.368456046, 1.170256965, 1.382386552),
    10: (71.36363636, 322.6312277, 3.253955259, -4.207816809, -4.691171307),
    11: (65.45454545, 333.4199022, 7.584083694, 28.16930644, 31.12404354),
    12: (65.90909091, 337.5811591, 3.79658376, -2.513606859, -2.877487579),
    13: (36.36363636, 492.3659639, 3.183278505, -12.99017581, -17.5074184),
    14: (59.09090909, 503.2362797, 4.532356904, -8.900638238, -10.27568922),
    15: (50, 511.7663157, 7.78856243, 8.670004606, 10.86956522),
    16: (59.09090909, 503.2362797, 10.08351572, 29.63337745, 34.58997279),
    17: (63.63636364, 492.3659639, 8.381139345, 15.18945843, 17.4790556),
    18: (45.45454545, 509.6471914, 8.727645713, 16.21079629, 20.14359793),
    19: (27.27272727, 455.8423058, 7.946277111, 15.52451404, 22.06477733),
    20: (50, 511.7663157, 4.769500946, -8.396734802, -10),
}


def lsat6() -> list[list[float]]:
    return [[float(mark) for mark in pattern] for pattern, count in LSAT6.items() for _ in range(count)]


def moodle_marks() -> list[list[float]]:
    return [[float(mark) for mark in line.split()] for line in MOODLE_MARKS.strip().splitlines()]
