@NullMarked
package org.securemed.card.server;

import org.jspecify.annotations.NullMarked;
