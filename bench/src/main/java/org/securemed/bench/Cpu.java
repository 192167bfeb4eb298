package org.securemed.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * CPU time of processes from {@code /proc/<pid>/stat}, in steps of a clock tick, 10 ms on Linux.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
final class Cpu {
    private static final long NANOS_PER_TICK = 10_000_000L;
    private static final int UTIME = 14;
    private static final int STIME = 15;
    private static final int CUTIME = 16;
    private static final int CSTIME = 17;

    private Cpu() {}

    /** User and system time of one process, all its threads. */
    static Duration ofProcess(long pid) {
        return ticks(pid, UTIME, STIME);
    }

    /** Time of a process, of its children, and of children that are gone. */
    static Duration ofFamily(long pid) {
        Duration living = ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::children)
                .map(child -> ofProcess(child.pid()))
                .reduce(Duration.ZERO, Duration::plus);
        return ticks(pid, UTIME, STIME, CUTIME, CSTIME).plus(living);
    }

    private static Duration ticks(long pid, int... fields) {
        try {
            return sum(Files.readString(Path.of("/proc", Long.toString(pid), "stat")), fields);
        } catch (NoSuchFileException e) {
            // A child that ended between being listed and being read: its time is in its parent's.
            return Duration.ZERO;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sum of some fields of a stat line, numbered from 1 as the manual does. */
    static Duration sum(String stat, int... fields) {
        // The second field, the name in parentheses, may hold spaces and parentheses itself.
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        for (int field : fields) {
            ticks += Long.parseLong(afterName[field - 3]);
        }
        return Duration.ofNanos(ticks * NANOS_PER_TICK);
    }
}
