/** The command line of {@code ledger-verify.jar}: verify, export, import, mirror, keys, witness. */
@NullMarked
package org.securemed.ledger.command;

import org.jspecify.annotations.NullMarked;
