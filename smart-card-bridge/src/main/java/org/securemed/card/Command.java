package org.securemed.card;

import java.io.PrintStream;
import java.util.List;

/** One thing that the program does. */
public interface Command {
    /** Says that the command goes on in threads of its own. */
    int RUNNING = -1;

    /** What it does, for the list of commands: one line without a full stop. */
    String summary();

    /**
     * Does it.
     *
     * @param options what stood behind the command's name
     * @param out for what was asked for
     * @param err for what went wrong
     * @return exit code, 0 to 255, or {@link #RUNNING}
     */
    int run(List<String> options, PrintStream out, PrintStream err);
}
