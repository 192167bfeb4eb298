@NullMarked
package org.securemed.card;

import org.jspecify.annotations.NullMarked;
