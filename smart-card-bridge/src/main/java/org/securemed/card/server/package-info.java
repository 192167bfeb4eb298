/** The web application: its parts, its security and its settings. */
@NullMarked
package org.securemed.card.server;

import org.jspecify.annotations.NullMarked;
