//! autonomy
