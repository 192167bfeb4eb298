/** The ledger alone, beside what an application would do without one. */
@NullMarked
package org.securemed.bench.ledger;

import org.jspecify.annotations.NullMarked;
