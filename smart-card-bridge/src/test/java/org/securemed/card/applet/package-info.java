@NullMarked
package org.securemed.card.applet;

import org.jspecify.annotations.NullMarked;
