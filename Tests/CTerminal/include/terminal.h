// A pseudo-terminal for tests, which Swift cannot open by itself: its C library hides the calls.
#ifndef GOBBET_TEST_TERMINAL_H
#define GOBBET_TEST_TERMINAL_H

/// Opens a pseudo-terminal, and puts the end of the person into `ends[0]` and that of the program
/// into `ends[1]`. Returns 0, or -1 where the system has none.
int gobbet_test_open_terminal(int ends[_Nonnull 2]);

#endif
