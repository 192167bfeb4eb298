@NullMarked
package org.securemed.card.healthlink;

import org.jspecify.annotations.NullMarked;
