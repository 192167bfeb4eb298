/**
 * Our server and plain HAPI side by side, in one run, on one PostgreSQL.
 *
 * <p>Both servers are child JVMs with the same flags and the same pool size; both hold the same patients. Rounds
 * alternate between them, only one is under load at any time, and what counts is the ratio of the medians: absolute
 * figures belong to the machine. The load driver runs on the same machine and its own CPU is reported.
 */
@NullMarked
package org.securemed.bench;

import org.jspecify.annotations.NullMarked;
