"""What the law asks, as pure functions of facts and dates: rules, clocks, question trees.

What can change without the program changing is data (``data/``): the rules' text with citation and
what of it was read (`regulatory.rules.catalogue`), calendars, question trees, parameters, the facts
that may be given. A rule opens no workspace and reads no clock. Not legal advice.
"""
