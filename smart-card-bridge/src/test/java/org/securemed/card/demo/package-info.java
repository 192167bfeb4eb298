/** The demonstration of the bridge, with cards and a reader made of software. Started by {@code ./dev bridge}. */
@NullMarked
package org.securemed.card.demo;

import org.jspecify.annotations.NullMarked;
