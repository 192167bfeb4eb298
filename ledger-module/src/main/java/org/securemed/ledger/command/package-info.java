/** The command line of {@code ledger-verify.jar}: verify, export, import. */
@NullMarked
package org.securemed.ledger.command;

import org.jspecify.annotations.NullMarked;
