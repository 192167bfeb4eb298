@NullMarked
package org.securemed.card.profile;

import org.jspecify.annotations.NullMarked;
