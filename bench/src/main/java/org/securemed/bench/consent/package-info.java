/** What consent decisions cost by themselves, without a server or a database. */
@NullMarked
package org.securemed.bench.consent;

import org.jspecify.annotations.NullMarked;
