@NullMarked
package org.securemed.card.backend;

import org.jspecify.annotations.NullMarked;
