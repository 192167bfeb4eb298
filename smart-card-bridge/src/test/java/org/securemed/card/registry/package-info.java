@NullMarked
package org.securemed.card.registry;

import org.jspecify.annotations.NullMarked;
