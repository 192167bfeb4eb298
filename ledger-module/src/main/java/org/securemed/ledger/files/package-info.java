/**
 * A whole log as files: the layout of C2SP tlog-tiles with the blocks beside it, read from a directory or a URL,
 * written by an export. Nothing here is verified.
 */
@NullMarked
package org.securemed.ledger.files;

import org.jspecify.annotations.NullMarked;
