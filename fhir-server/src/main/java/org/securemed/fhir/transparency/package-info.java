/**
 * The log as strangers read it over HTTP: checkpoint, tiles and receipts for everybody, entries for auditors. Serves
 * what the ledger gives out and knows nothing of FHIR.
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
@NullMarked
package org.securemed.fhir.transparency;

import org.jspecify.annotations.NullMarked;
