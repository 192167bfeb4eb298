@NullMarked
package org.securemed.card.audit;

import org.jspecify.annotations.NullMarked;
