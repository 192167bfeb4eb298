@NullMarked
package org.securemed.card.reader;

import org.jspecify.annotations.NullMarked;
