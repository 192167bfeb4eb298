/** The stand-alone verifier: library and command line. Trusts the log key and nothing that is stored. */
@NullMarked
package org.securemed.ledger.verify;

import org.jspecify.annotations.NullMarked;
